// True in the bundle without accounts. The bundler puts the value in place of
// these very words and drops what can never run: write `globalThis.OR3_LOCAL`
// where it is asked, never a variable that holds it.
declare var OR3_LOCAL: boolean | undefined;
