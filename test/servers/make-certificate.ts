/** A certificate for this machine that no authority signed: the servers of the suites speak TLS with it, besides what they speak without. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function make(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-tls-'));
  const file = (name: string): string => join(folder, name);
  const what = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const whose = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', [...what, ...whose, '-keyout', file('private.key'), '-out', file('public.crt')], {
    stdio: 'ignore',
  });
  process.env.NEO4J_TLS = folder;
  process.env.REDIS_TLS = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
