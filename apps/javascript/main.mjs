/*
 * A small web app that counts its visits, in a file or in redis: the JavaScript sample of stateful-apps.
 *
 * Environment: PORT (default 3000), POD_NAME (default: the host's name), DATA_DIR (the file's folder, default
 * /app/data); for redis in place of the file REDIS_ADDRESS (host:port), REDIS_KEY (default visits), REDIS_PASSWORD.
 */
import { once } from "node:events";
import { hostname } from "node:os";
import { join } from "node:path";
import { log } from "./log.mjs";
import { createApp } from "./server.mjs";

/** How long a request that is under way may take once the app was told to stop, in milliseconds. */
const stopTimeout = 10_000;

const visits = await openVisits(process.env);
const server = createApp(process.env.POD_NAME || hostname(), visits);

function stop() {
  log("stopping");
  server.close(() => visits.close()); // the process ends by itself after the last connection
  server.closeIdleConnections(); // which close() does only from Node 19 on
  setTimeout(() => server.closeAllConnections(), stopTimeout).unref();
}

server.listen({ port: Number(process.env.PORT || 3000) });
await once(server, "listening");
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
log(`listening on port ${server.address().port}, ${visits}`);

/** The counter that the environment names. Its module is read only where it is used: a file needs no library. */
async function openVisits({ DATA_DIR, REDIS_ADDRESS, REDIS_KEY, REDIS_PASSWORD }) {
  if (REDIS_ADDRESS) {
    const { RedisVisits } = await import("./redisVisits.mjs");
    return new RedisVisits(REDIS_ADDRESS, REDIS_KEY || "visits", REDIS_PASSWORD);
  }
  const { FileVisits } = await import("./fileVisits.mjs");
  return FileVisits.open(join(DATA_DIR || "/app/data", "visits.txt"));
}
