// The bytes between a plugin and the server. Nothing here is for authors.

// @ts-ignore: decorator
@external("extism:host/env", "input_offset")
declare function inputOffset(): u64;
// @ts-ignore: decorator
@external("extism:host/env", "input_length")
declare function inputLength(): u64;
// @ts-ignore: decorator
@external("extism:host/env", "alloc")
declare function alloc(size: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "free")
declare function free(offset: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "length")
declare function length(offset: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "load_u8")
declare function loadByte(offset: u64): u32;
// @ts-ignore: decorator
@external("extism:host/env", "load_u64")
declare function loadWord(offset: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "store_u8")
declare function storeByte(offset: u64, value: u32): void;
// @ts-ignore: decorator
@external("extism:host/env", "store_u64")
declare function storeWord(offset: u64, value: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "output_set")
declare function outputSet(offset: u64, size: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "error_set")
declare function errorSet(offset: u64): void;

function readAt(offset: u64, size: u64): string {
  const bytes = new ArrayBuffer(<i32>size);
  const to = changetype<usize>(bytes);
  const words = size / 8;
  for (let i: u64 = 0; i < words; i++) store<u64>(to + <usize>(i * 8), loadWord(offset + i * 8));
  for (let i = words * 8; i < size; i++) store<u8>(to + <usize>i, <u8>loadByte(offset + i));
  return String.UTF8.decode(bytes);
}

function write(text: string): u64 {
  const bytes = String.UTF8.encode(text);
  const from = changetype<usize>(bytes);
  const size = <u64>bytes.byteLength;
  const offset = alloc(size);
  const words = size / 8;
  for (let i: u64 = 0; i < words; i++) storeWord(offset + i * 8, load<u64>(from + <usize>(i * 8)));
  for (let i = words * 8; i < size; i++) storeByte(offset + i, load<u8>(from + <usize>i));
  return offset;
}

export function input(): string {
  return readAt(inputOffset(), inputLength());
}

export function output(text: string): void {
  const offset = write(text);
  outputSet(offset, length(offset));
}

// ask calls a function of the server with one block of JSON.
export function ask(call: (request: u64) => u64, request: string): string {
  const block = write(request);
  const answer = call(block);
  free(block);
  const text = readAt(answer, length(answer));
  free(answer);
  return text;
}

// abort is what AssemblyScript calls when something is wrong: the server logs the
// words and shows its request id.
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const words = message === null ? "aborted" : message;
  const at = file === null ? "" : " (" + file + ":" + line.toString() + ":" + column.toString() + ")";
  errorSet(write(words + at));
  unreachable();
}
