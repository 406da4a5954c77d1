import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { log } from "./log.mjs";

const page = readFileSync(new URL("page.html", import.meta.url), "utf8");
const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };

/** The server that answers the app's requests, each logged in a line. Only GET / counts a visit. */
export function createApp(pod, visits) {
  const server = createServer(async (request, response) => {
    const started = performance.now();
    if (!server.listening) response.setHeader("Connection", "close"); // it is stopping
    await route(request, response);
    const elapsed = (performance.now() - started).toFixed(1);
    log(`${request.method} ${JSON.stringify(request.url)} ${response.statusCode} ${elapsed}ms`);
  });

  function route(request, response) {
    if (request.method !== "GET") {
      response.setHeader("Allow", "GET");
      return answer(response, "only GET is answered here\n", { status: 405 });
    }
    switch (request.url.split("?")[0]) {
      case "/":
        return visit(request, response);
      case "/visits":
        return answer(response, `${visits.count}\n`);
      case "/healthcheck":
        return answerJson(response, { status: "ok" });
      case "/status":
        return answerJson(response, greeting(visits.count));
      default:
        return answer(response, "not found\n", { status: 404 });
    }
  }

  async function visit(request, response) {
    let count;
    try {
      count = await visits.add();
    } catch (error) {
      log(`counting a visit failed: ${error.message}`);
      return answer(response, "the visit could not be counted\n", { status: 500 });
    }
    const shown = greeting(count);
    if (request.headers.accept?.includes("text/html")) answer(response, render(shown), { type: "text/html" });
    else answer(response, `${shown.time} in Moscow\npod ${shown.pod}\nvisits ${shown.visits}\n`);
  }

  /** What a visitor sees. */
  function greeting(count) {
    return { app: "javascript", pod, time: timeInMoscow(), visits: count };
  }

  return server;
}

function timeInMoscow() {
  // Swedes write a date and a time as ISO 8601 does, with a space between them.
  return new Date().toLocaleString("sv-SE", { timeZone: "Europe/Moscow" });
}

function render(values) {
  return page.replace(/{{(\w+)}}/g, (_, key) => escapeHtml(String(values[key])));
}

function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}

function answerJson(response, value) {
  answer(response, `${JSON.stringify(value)}\n`, { type: "application/json" });
}

function answer(response, text, { type = "text/plain", status = 200 } = {}) {
  response.statusCode = status;
  response.setHeader("Content-Type", `${type}; charset=utf-8`);
  response.end(text);
}
