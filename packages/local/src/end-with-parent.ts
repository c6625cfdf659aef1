// Preloaded into every supervised service (`--import`): when the supervisor is gone, even
// by SIGKILL, the channel to it closes. A service drains on that by itself; one that hangs,
// or is still starting, is ended here.
const DRAIN_WITHIN_MS = 10_000;

process.once("disconnect", () => {
  setTimeout(() => process.kill(process.pid, "SIGKILL"), DRAIN_WITHIN_MS).unref();
});
// Listening must not be what keeps a finished program alive.
process.channel?.unref();
