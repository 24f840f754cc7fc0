// The container's health: it is ready, with all that it stands on.
const port = process.env.HEADWATER_PORT ?? '4600';
try {
  const { ok } = await fetch(`http://127.0.0.1:${port}/health/ready`);
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
