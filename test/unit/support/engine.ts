import { mock } from "node:test";
import * as pulumi from "@pulumi/pulumi";

/** A resource that the program asks for. */
export interface Made {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** What a resource RandomBytes is given. */
const randomKey = "0f".repeat(32);

interface EngineOptions {
  preview?: boolean;
  /** The outputs of the stack's last update. */
  lastOutputs?: Record<string, unknown>;
  /** What a Stash remembers, by name; by default what it is given. */
  remembered?: Record<string, unknown>;
}

/** Puts an engine in memory in place of Pulumi's, and gives the list of what it will be asked for. */
export async function useEngine({ preview = false, lastOutputs, remembered = {} }: EngineOptions = {}): Promise<
  Made[]
> {
  const made: Made[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const state = inputs as Record<string, unknown>;
        made.push({ type, name, inputs: state });
        if (type === "random:index/randomBytes:RandomBytes")
          return { id: name, state: { ...state, hex: pulumi.secret(randomKey) } };
        const output = Object.hasOwn(remembered, name) ? remembered[name] : state.input;
        return { id: name, state: type === "pulumi:index:Stash" ? { ...state, output } : state };
      },
      call: ({ token }) => (token === "pulumi:pulumi:readStackOutputs" && lastOutputs ? { outputs: lastOutputs } : {}),
    },
    "shop",
    "test",
    preview,
    "organization",
  );
  return made;
}

/** A request of the program for a resource. */
interface Registration {
  getName(): string;
  getType(): string;
  getRetainondelete(): boolean;
  getPropertydependenciesMap(): { forEach(use: (property: { getUrnsList(): string[] }) => void): void };
}

/** What the engine in memory is told from now on about each resource. */
function watchRegistrations(watch: (registration: Registration) => void): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource: (request: Registration, callback: unknown) => void;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    watch(request);
    register(request, callback);
  };
}

/** The options `retainOnDelete` that the engine in memory is given from now on, by the name of the resource. */
export function retentionOptions(): Map<string, boolean> {
  const given = new Map<string, boolean>();
  watchRegistrations((request) => given.set(request.getName(), request.getRetainondelete()));
  return given;
}

/** The URNs of the resources whose outputs each resource is given from now on, by its type and name. */
export function propertyDependencies(): Map<string, string[]> {
  const given = new Map<string, string[]>();
  watchRegistrations((request) => {
    const urns: string[] = [];
    request.getPropertydependenciesMap().forEach((property) => urns.push(...property.getUrnsList()));
    given.set(`${request.getType()} ${request.getName()}`, urns);
  });
  return given;
}

/** What is said to the user in each test of a suite. */
export function capturedLog() {
  const log = { infos: [] as string[], warnings: [] as string[] };
  beforeEach(() => {
    log.infos.length = 0;
    log.warnings.length = 0;
    mock.method(pulumi.log, "info", (message: string) => Promise.resolve(log.infos.push(message)));
    mock.method(pulumi.log, "warn", (message: string) => Promise.resolve(log.warnings.push(message)));
  });
  afterEach(() => {
    mock.restoreAll();
  });
  return log;
}
