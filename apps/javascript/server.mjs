import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { log, quoted } from "./log.mjs";

/** How long a request may take, also one that is under way when the app stops, in milliseconds. */
export const requestTimeout = 10_000;

const page = readFileSync(new URL("page.html", import.meta.url), "utf8");
const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };
const limits = {
  headersTimeout: requestTimeout,
  requestTimeout,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 64 * 1024,
};

/** The server that answers the app's requests, each logged in a line. Only GET / counts a visit. */
export function createApp(pod, visits, told) {
  const server = createServer(limits, async (request, response) => {
    const started = performance.now();
    const { text, type = "text/plain", status = 200 } = await answerTo(request);
    response.statusCode = status;
    response.setHeader("Content-Type", `${type}; charset=utf-8`);
    response.setHeader("Content-Length", Buffer.byteLength(text));
    if (status === 405) response.setHeader("Allow", "GET, HEAD");
    if (told.aborted) response.setHeader("Connection", "close"); // the client's next request goes to another pod
    response.end(text);
    const elapsed = (performance.now() - started).toFixed(1);
    log(`${quoted(`${request.method} ${request.url}`)} ${status} ${elapsed}ms`);
  });

  function answerTo({ method, url, headers }) {
    if (method !== "GET" && method !== "HEAD") return { text: "only GET and HEAD are answered\n", status: 405 };
    switch (url.split("?")[0]) {
      case "/":
        return visit(method, headers.accept?.includes("text/html"));
      case "/visits":
        return counted((count) => ({ text: `${count}\n` }));
      case "/healthcheck":
        return json({ status: "ok" }); // for liveness: a restart of the app cures nothing that its store lacks
      case "/ready":
        return ready();
      case "/status":
        return counted((count) => json(greeting(count)));
      default:
        return { text: "not found\n", status: 404 };
    }
  }

  async function visit(method, wantsPage) {
    let count;
    try {
      // A look at the headers is not a visit.
      count = await (method === "HEAD" ? visits.count() : visits.add());
    } catch (error) {
      log(`counting a visit failed: ${error.message}`);
      return { text: "the visit could not be counted\n", status: 500 };
    }
    const shown = greeting(count);
    if (wantsPage) return { text: render(shown), type: "text/html" };
    return { text: `${shown.time} in Moscow\npod ${shown.pod}\nvisits ${shown.visits}\n` };
  }

  /** For readiness: the app can count a visit, and is going to stay. */
  async function ready() {
    if (told.aborted) return { text: "not ready: the app is stopping\n", status: 503 };
    try {
      await visits.check();
    } catch (error) {
      log(`not ready: ${error.message}`);
      return { text: `not ready: ${error.message}\n`, status: 503 };
    }
    return json({ status: "ok" });
  }

  /** The answer for the visits so far, or for a count that cannot be read. */
  async function counted(answer) {
    let count;
    try {
      count = await visits.count();
    } catch (error) {
      log(`reading the visits failed: ${error.message}`);
      return { text: "the visits could not be read\n", status: 503 };
    }
    return answer(count);
  }

  /** What a visitor sees. */
  function greeting(count) {
    return { app: "javascript", pod, time: timeInMoscow(), visits: count };
  }

  return server;
}

function json(value) {
  return { text: `${JSON.stringify(value)}\n`, type: "application/json" };
}

function render(values) {
  return page.replace(/{{(\w+)}}/g, (_, key) => escapeHtml(String(values[key])));
}

function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}

function timeInMoscow() {
  // Sweden writes a date and a time as ISO 8601 does, with a space between them.
  return new Date().toLocaleString("sv-SE", { timeZone: "Europe/Moscow" });
}
