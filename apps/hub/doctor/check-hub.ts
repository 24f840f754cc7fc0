/** The hub that is asked about, by its own word. */
import type { Settings } from '../config/settings.ts';
import { type Finding, fine, problem } from './finding.ts';

const WITHIN_MS = 5_000;

/** @param url where it is; undefined: where one with these settings listens */
export async function checkHub(settings: Settings, url: string | undefined): Promise<Finding[]> {
  const at = url?.replace(/\/+$/, '') ?? addressOf(settings);
  if (!URL.canParse(at)) return [problem('hub', `"${at}" is no URL: give one like http://127.0.0.1:4600`)];
  let answer: Response;
  try {
    answer = await fetch(`${at}/health/ready`, { signal: AbortSignal.timeout(WITHIN_MS) });
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      return [
        problem(
          'hub',
          `something at ${at} doesn't answer within ${WITHIN_MS / 1_000} s: if it is the hub, see its log`,
        ),
      ];
    // With these settings one may run; at a URL that was given one should.
    return [(url === undefined ? fine : problem)('hub', `none is running at ${at}`)];
  }
  const said: unknown = await answer.json().catch(() => null);
  if (!isReadiness(said))
    return [
      problem(
        'hub',
        `another program answers at ${at}: choose another ${url === undefined ? 'HEADWATER_PORT' : 'HEADWATER_URL'}`,
      ),
    ];
  const down = Object.entries(said.dependencies).filter(([, { state }]) => state !== 'up');
  if (down.length === 0) return [fine('hub', `${said.status} at ${at}, backlog ${said.backlog}`)];
  return down.map(([name, { reason }]) => problem('hub', `at ${at}: ${name} is down: ${reason ?? 'see its log'}`));
}

const addressOf = ({ host, port, basePath }: Settings): string =>
  `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}${basePath ?? ''}`;

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
