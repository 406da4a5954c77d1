import * as pulumi from "@pulumi/pulumi";
import type { StatefulApp } from "./statefulApp";

/** The text that tells a user how to reach an app, once it is there. */
export function nextSteps(name: string, app: StatefulApp, serviceType = "ClusterIP", context: string) {
  return pulumi.all([app.namespace, app.service, app.url, app.port]).apply(([namespace, service, url, port]) => {
    const kubectl = `kubectl --context ${context} --namespace ${namespace}`;
    const ports = { ClusterIP: "", NodePort: `  on every node      ${kubectl} get service ${service}` }[serviceType];
    const balancer = `  at its address     ${kubectl} get service ${service} (while EXTERNAL-IP is pending, forward a port)`;
    return [
      name,
      `  in the cluster     ${url}`,
      `  from this machine  ${kubectl} port-forward service/${service} ${String(port)}:${String(port)}`,
      ports ?? balancer,
      `  its pods           ${kubectl} get pods,pvc --selector app.kubernetes.io/instance=${name}`,
    ]
      .filter((line) => line !== "")
      .join("\n");
  });
}
