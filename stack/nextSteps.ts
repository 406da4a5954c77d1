import * as pulumi from "@pulumi/pulumi";
import type { StatefulApp } from "../components/statefulApp";

/** A text that says how to reach an app. */
export function nextSteps(name: string, app: StatefulApp, serviceType = "ClusterIP", kubectlOptions: string) {
  const known = app.outputs();
  return pulumi
    .all([known.namespace, known.service, known.url, known.port])
    .apply(([namespace, service, url, port]) => {
      const kubectl = ["kubectl", kubectlOptions, "--namespace", namespace].filter(Boolean).join(" ");
      // Only root is allowed to listen on the ports below 1024.
      const localPort = port < 1024 ? port + 8000 : port;
      const lines = [
        name,
        `  in the cluster     ${url}`,
        `  from this machine  ${kubectl} port-forward service/${service} ${String(localPort)}:${String(port)}`,
      ];
      if (serviceType === "NodePort") lines.push(`  on every node      ${kubectl} get service ${service}`);
      if (serviceType === "LoadBalancer") {
        lines.push(
          `  at its address     ${kubectl} get service ${service} (while EXTERNAL-IP is pending, forward a port)`,
        );
      }
      lines.push(`  its pods           ${kubectl} get pods,pvc --selector app.kubernetes.io/instance=${name}`);
      return lines.join("\n");
    });
}
