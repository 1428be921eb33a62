// A running or3 server on a fresh data directory, as a new owner would start it.
import { spawn, execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const bin = process.env.OR3_E2E_BIN;
if (!bin) throw new Error('OR3_E2E_BIN is not set: run the specs through `go test ./tests/e2e`');

export const owner = { email: 'ines@kestrel.example', name: 'Ines Okafor', password: 'keel and garboard 14' };
export const colleague = { email: 'dev@kestrel.example', name: 'Dev Patel', password: 'spring tide at nine' };

export async function startApp({ env = {}, data, addr = '127.0.0.1:0' } = {}) {
  const dir = data ?? (await mkdtemp(join(tmpdir(), 'or3-e2e-')));
  const childEnv = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR ?? '', ...env };
  const child = spawn(bin, ['serve', '--addr', addr, '--data', dir], { env: childEnv });
  let out = '';
  let errors = '';
  child.stderr.on('data', (b) => (errors += b));
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const base = await new Promise((resolve, reject) => {
    child.stdout.on('data', (b) => {
      out += b;
      const at = out.match(/listening on (http:\/\/\S+)/);
      if (at) resolve(at[1]);
    });
    exited.then((how) => reject(new Error(`serve ended (${JSON.stringify(how)}) before it listened\n${out}${errors}`)));
  });
  return {
    base,
    dir,
    child,
    output: () => out,
    log: () => errors,
    // The set-up link is printed after the address, so wait for it.
    async setupLink() {
      for (let i = 0; i < 200; i++) {
        const link = out.match(/https?:\/\/\S+\/setup\?token=\S+/);
        if (link) return link[0];
        await new Promise((r) => setTimeout(r, 25));
      }
      throw new Error(`no set-up link was printed:\n${out}${errors}`);
    },
    async or3(args, input = '') {
      return command([...args, '--data', dir], input, childEnv);
    },
    async stop({ keep = false } = {}) {
      child.kill('SIGTERM');
      const how = await exited;
      if (!keep) await rm(dir, { recursive: true, force: true });
      return how;
    },
  };
}

// command runs an or3 command to its end; it never throws on a failing exit code.
export async function command(args, input = '', env = process.env) {
  const run = promisify(execFile)(bin, args, { env });
  run.child.stdin.end(input);
  try {
    const { stdout, stderr } = await run;
    return { code: 0, stdout, stderr };
  } catch (e) {
    return { code: e.code, stdout: e.stdout, stderr: e.stderr };
  }
}
