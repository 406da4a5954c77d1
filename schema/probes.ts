import { list, optional, required, settings } from "./settings";
import { headerName, integer, oneOf, port, portOrName, seconds, text, urlPath } from "./values";

const portOfContainer = optional(portOrName(), "The port of the container, by its number or its name.", {
  absent: "`http`, or the only one",
});

const httpHeader = settings(
  "HttpHeader",
  { description: "A header of a request." },
  {
    name: required(headerName(), "The name of the header."),
    value: required(text(), "The value of the header."),
  },
);

const httpGet = settings(
  "HttpGet",
  { description: "An HTTP GET to the container. A status from 200 to 399 succeeds." },
  {
    path: required(urlPath(), "The path of the request."),
    port: portOfContainer,
    scheme: optional(oneOf("HTTP", "HTTPS"), "Whether the request is encrypted. The certificate is not verified.", {
      absent: "`HTTP`",
    }),
    httpHeaders: optional(list(httpHeader), "Headers of the request."),
  },
);

const exec = settings(
  "Exec",
  { description: "A command in the container. The exit code 0 succeeds." },
  { command: required(list(text()), "The command and its arguments. No shell runs it unless it names one.") },
);

const tcpSocket = settings(
  "TcpSocket",
  { description: "A TCP connection to the container. A connection that opens succeeds." },
  { port: portOfContainer },
);

const grpc = settings(
  "Grpc",
  {
    description: "A request by the gRPC health checking protocol. The answer SERVING succeeds.",
    see: "https://grpc.io/docs/guides/health-checking/",
  },
  {
    port: optional(port(), "The port of the container, by its number.", {
      absent: "that of `http`, or of the only port",
    }),
    service: optional(text(), "The name of the service that the request asks for.", { absent: "the whole server" }),
  },
);

/** How a probe can ask the container: a probe has exactly one of these. */
export const probeActions = {
  httpGet: optional(httpGet, "An HTTP request."),
  exec: optional(exec, "A command in the container."),
  tcpSocket: optional(tcpSocket, "A TCP connection."),
  grpc: optional(grpc, "A request by the gRPC health checking protocol."),
};

/** A probe of the container. */
export const probe = settings(
  "Probe",
  {
    title: "Probes",
    description: "A probe of the container: exactly one of `httpGet`, `exec`, `tcpSocket` and `grpc`.",
    see: "https://kubernetes.io/docs/concepts/workloads/pods/probes/",
    example: `startupProbe:
  httpGet: { path: /healthcheck }
  failureThreshold: 30
livenessProbe:
  tcpSocket: {}
  timeoutSeconds: 5
readinessProbe:
  exec: { command: [pg_isready, -q, -h, 127.0.0.1] }
  periodSeconds: 2`,
  },
  {
    ...probeActions,
    initialDelaySeconds: optional(seconds(0), "Seconds between the start of the container and the first probe.", {
      absent: "0",
    }),
    periodSeconds: optional(seconds(1), "Seconds between two probes.", { absent: "10" }),
    timeoutSeconds: optional(seconds(1), "Seconds after which a probe without an answer fails.", { absent: "1" }),
    failureThreshold: optional(integer(1, 1000), "Consecutive failures after which the probe has failed.", {
      absent: "3",
    }),
    successThreshold: optional(
      integer(1, 1000),
      "Consecutive successes after which the probe has succeeded. Only a `readinessProbe` can require more than one.",
      { absent: "1" },
    ),
  },
);
