import { firstCommands } from '../first-event.ts';
import type { Keeping } from '../hub-parts.ts';

export interface Welcome {
  readonly address: string;
  readonly basePath: string;
  readonly version: string;
  readonly keeping: Keeping;
  readonly keyed: boolean;
}

/** The page at `/`. No script, nothing from elsewhere; readable with any size of type, in light and dark. */
export function welcomePage({ address, basePath, version, keeping, keyed }: Welcome): string {
  const commands = firstCommands(address, keyed);
  const links: readonly (readonly [string, string])[] = [
    ['/health/ready', 'How the hub is'],
    ['/metrics', 'Metrics for Prometheus'],
    ['/api/v1/openapi.json', 'The HTTP API, as OpenAPI 3.1'],
    ['/api/v1/namespaces', 'Namespaces that it knows'],
    ['/api/v1/export', 'Everything that it knows, as lines of JSON'],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Headwater</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } header p { margin-top: .25rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
code { font: .85em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { margin: 0; padding: .75rem 1rem; white-space: pre-wrap; border-radius: .4rem; background: color-mix(in srgb, currentColor 8%, transparent); }
ul { padding-left: 1.25rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 0; } dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
</style>
</head>
<body>
<header><h1>Headwater ${asText(version)}</h1><p>A lineage hub for batch jobs and for jobs with no start and no end.</p></header>
<main>
<h2 id="send">Send a first event</h2>
<pre tabindex="0" aria-labelledby="send"><code>${asText(commands.send)}</code></pre>
<h2 id="ask">Ask for its lineage</h2>
<pre tabindex="0" aria-labelledby="ask"><code>${asText(commands.ask)}</code></pre>
${keyed ? '<p>This hub wants a key: put yours in place of <code>KEY</code>. <code>headwater keys add</code> makes one.</p>' : ''}
<h2>What is here</h2>
<ul>${links.map(([path, text]) => `<li><a href="${asText(basePath + path)}">${asText(text)}</a></li>`).join('')}</ul>
<p>OpenLineage clients send to <code>${asText(address)}</code> with the endpoint <code>api/v1/lineage</code>. GraphQL is at <code>${asText(`${basePath}/graphql`)}</code>.</p>
<h2>What runs here</h2>
<dl>
<dt>Store</dt><dd>${asText(keeping.store)}</dd>
<dt>Queue</dt><dd>${asText(keeping.queue)}</dd>
<dt>Durability</dt><dd>${asText(keeping.durability)}</dd>
<dt>Access</dt><dd>${keyed ? 'With keys' : 'Without keys, for this machine only'}</dd>
</dl>
</main>
</body>
</html>
`;
}

function asText(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
