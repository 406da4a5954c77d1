import { optional, required, settings } from "./settings";
import { integer, portOrName, seconds, urlPath } from "./values";

const httpGet = settings(
  "HttpGet",
  { description: "An HTTP GET to the container. A status from 200 to 399 succeeds." },
  {
    path: required(urlPath(), "The path of the request."),
    port: optional(portOrName(), "The port of the container, by its number or its name.", { absent: "`http`" }),
  },
);

/** A probe of the container. */
export const probe = settings(
  "Probe",
  {
    title: "Probes",
    description: "A probe of the container by HTTP.",
    see: "https://kubernetes.io/docs/concepts/workloads/pods/probes/",
    example: `startupProbe:
  httpGet: { path: /healthcheck }
  failureThreshold: 30
livenessProbe:
  httpGet: { path: /healthcheck }
  timeoutSeconds: 5
readinessProbe:
  httpGet: { path: /healthcheck }
  periodSeconds: 2`,
  },
  {
    httpGet: required(httpGet, "The request by which the container is probed."),
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
