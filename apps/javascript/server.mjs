import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { log } from "./log.mjs";

const page = readFileSync(new URL("page.html", import.meta.url), "utf8");
const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };

/** The server that answers the app's requests, each logged in a line. Only GET / counts a visit. */
export function createApp(pod, visits) {
  const server = createServer(async (request, response) => {
    const started = performance.now();
    const { text, type = "text/plain", status = 200 } = await answerTo(request);
    response.statusCode = status;
    response.setHeader("Content-Type", `${type}; charset=utf-8`);
    if (!server.listening) response.setHeader("Connection", "close"); // the app stops once no connection is left
    response.end(text);
    const elapsed = (performance.now() - started).toFixed(1);
    log(`${request.method} ${JSON.stringify(request.url)} ${status} ${elapsed}ms`);
  });

  function answerTo({ method, url, headers }) {
    if (method !== "GET") return { text: "only GET is answered\n", status: 501 };
    switch (url.split("?")[0]) {
      case "/":
        return visit(headers.accept?.includes("text/html"));
      case "/visits":
        return counted((count) => ({ text: `${count}\n` }));
      case "/healthcheck":
        return json({ status: "ok" }); // for liveness: a restart of the app cures nothing that its store lacks
      case "/ready":
        return counted(() => json({ status: "ok" }));
      case "/status":
        return counted((count) => json(greeting(count)));
      default:
        return { text: "not found\n", status: 404 };
    }
  }

  async function visit(wantsPage) {
    let count;
    try {
      count = await visits.add();
    } catch (error) {
      log(`counting a visit failed: ${error.message}`);
      return { text: "the visit could not be counted\n", status: 500 };
    }
    const shown = greeting(count);
    if (wantsPage) return { text: render(shown), type: "text/html" };
    return { text: `${shown.time} in Moscow\npod ${shown.pod}\nvisits ${shown.visits}\n` };
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
