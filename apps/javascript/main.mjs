/*
 * A small web app that counts its visits, in a file or in redis: the JavaScript sample of stateful-apps.
 *
 * Environment: PORT (default 3000), POD_NAME (default: the host's name), DATA_DIR (the file's folder, default
 * /app/data); for redis in place of the file REDIS_ADDRESS (host:port), REDIS_KEY (default visits), REDIS_PASSWORD;
 * STOP_DELAY, the seconds that the app goes on answering after SIGTERM (default 0).
 */
import { once } from "node:events";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { log, quoted } from "./log.mjs";
import { createApp, requestTimeout } from "./server.mjs";

// Before anything else: a signal that the first process of a container does not handle is lost. A second one ends the
// app at once.
const told = new AbortController();
let stop = () => process.exit(0); // there is nothing to stop yet
for (const signal of ["SIGTERM", "SIGINT"])
  process.once(signal, () => {
    told.abort();
    stop();
  });

const delay = stopDelay(process.env);
const visits = await openVisits(process.env);
const server = createApp(process.env.POD_NAME || hostname(), visits, told.signal);
server.listen({ port: Number(process.env.PORT || 3000) });
await once(server, "listening");

/**
 * Ends the app: after the delay, in which Kubernetes takes the pod out of its Services, it accepts no connection, closes
 * idle ones, and waits for the requests that are under way. The process ends by itself after the last connection.
 */
stop = async () => {
  log("stopping");
  await pause(delay * 1000);
  server.close(() => visits.close());
  server.closeIdleConnections(); // which close() does only from Node 19 on
  setTimeout(() => server.closeAllConnections(), requestTimeout).unref();
};
log(`listening on port ${server.address().port}, ${visits}`);

function stopDelay({ STOP_DELAY }) {
  const text = STOP_DELAY || "0";
  if (!/^\d{1,4}$/.test(text) || Number(text) > 3600)
    throw new Error(`STOP_DELAY is not a number of seconds from 0 to 3600: ${quoted(text)}`);
  return Number(text);
}

/** The counter that the environment names. Its module is read only where it is used: a file needs no library. */
async function openVisits({ DATA_DIR, REDIS_ADDRESS, REDIS_KEY, REDIS_PASSWORD }) {
  if (REDIS_ADDRESS) {
    const { RedisVisits } = await import("./redisVisits.mjs");
    return new RedisVisits(REDIS_ADDRESS, REDIS_KEY || "visits", REDIS_PASSWORD);
  }
  const { FileVisits } = await import("./fileVisits.mjs");
  return FileVisits.open(join(DATA_DIR || "/app/data", "visits.txt"));
}
