/*
 * A small web app that counts its visits in a file: the JavaScript sample of stateful-apps.
 *
 * Environment: PORT (default 3000), DATA_DIR (default /app/data), POD_NAME (default: the host's name).
 */
import { once } from "node:events";
import { hostname } from "node:os";
import { join } from "node:path";
import { log } from "./log.mjs";
import { createApp } from "./server.mjs";
import { Visits } from "./visits.mjs";

/** How long a request that is under way may take once the app was told to stop, in milliseconds. */
const stopTimeout = 10_000;

const visits = await Visits.open(join(process.env.DATA_DIR || "/app/data", "visits.txt"));
const server = createApp(process.env.POD_NAME || hostname(), visits);

function stop() {
  log("stopping");
  server.close(); // the process ends by itself after the last connection
  server.closeIdleConnections(); // which close() does only from Node 19 on
  setTimeout(() => server.closeAllConnections(), stopTimeout).unref();
}

server.listen({ port: Number(process.env.PORT || 3000) });
await once(server, "listening");
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
log(`listening on port ${server.address().port}, ${visits.count} visits so far`);
