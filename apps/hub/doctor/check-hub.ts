/** The hub that should be running with these settings, by its own word. */
import type { Settings } from '../config/settings.ts';
import { type Finding, fine, problem } from './finding.ts';

const WITHIN_MS = 5_000;

export async function checkHub({ host, port, basePath }: Settings): Promise<Finding[]> {
  const at = `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
  let answer: Response;
  try {
    answer = await fetch(`${at}${basePath ?? ''}/health/ready`, { signal: AbortSignal.timeout(WITHIN_MS) });
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      return [
        problem(
          'hub',
          `something at ${at} doesn't answer within ${WITHIN_MS / 1_000} s: if it is the hub, see its log`,
        ),
      ];
    return [fine('hub', `none is running at ${at}`)];
  }
  const said: unknown = await answer.json().catch(() => null);
  if (!isReadiness(said)) return [problem('hub', `another program answers at ${at}: choose another HEADWATER_PORT`)];
  const down = Object.entries(said.dependencies).filter(([, { state }]) => state !== 'up');
  if (down.length === 0) return [fine('hub', `${said.status} at ${at}, backlog ${said.backlog}`)];
  return down.map(([name, { reason }]) => problem('hub', `at ${at}: ${name} is down: ${reason ?? 'see its log'}`));
}

interface Readiness {
  readonly status: string;
  readonly backlog: number;
  readonly dependencies: Readonly<Record<string, { readonly state: string; readonly reason: string | null }>>;
}

function isReadiness(value: unknown): value is Readiness {
  return (
    typeof value === 'object' &&
    value !== null &&
    'status' in value &&
    'backlog' in value &&
    'dependencies' in value &&
    typeof value.dependencies === 'object'
  );
}
