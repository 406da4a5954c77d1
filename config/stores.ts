import { clientPeer, egressToStore } from "../objects/networkPolicies";
import { passwordKey, storePort, type StoreSettings } from "../schema/store";
import type { AppSettings } from "../schema/app";
import { byName } from "../schema/byName";
import { dependenciesOf } from "./dependencies";
import type { SecretValue } from "./configObjects";

/*
 * What a shared store adds to a stack's settings: a Secret with its password, the variables of the apps that use it, and
 * who reaches whom.
 */

type SecretKeys = Record<string, SecretValue>;

/** The Secrets, with a generated password for every store. Passwords that the user sets take precedence. */
export function withStorePasswords(secrets: Record<string, SecretKeys>, stores: string[]): Record<string, SecretKeys> {
  const passwords = stores.map((store) => {
    const given = Object.hasOwn(secrets, store) ? secrets[store] : {};
    return [store, { [passwordKey]: { generate: 32 }, ...given }];
  });
  return { ...secrets, ...(Object.fromEntries(passwords) as Record<string, SecretKeys>) };
}

/**
 * An app's settings with its store as environment variables, of its jobs too. Variables that the user sets take
 * precedence.
 */
export function withStore(name: string, app: AppSettings): AppSettings {
  const { store, jobs, cronJobs } = app;
  if (store === undefined) return app;
  const env = {
    REDIS_ADDRESS: { value: `${store}:${String(storePort)}` },
    REDIS_KEY: { value: `visits:${name}` },
    REDIS_PASSWORD: { valueFrom: { secretKeyRef: { name: store, key: passwordKey } } },
  };
  const reader = <R extends Pick<AppSettings, "env">>(reader: R): R => ({ ...reader, env: { ...env, ...reader.env } });
  const readers = <R extends Pick<AppSettings, "env">>(list: Record<string, R>) =>
    Object.fromEntries(Object.entries(list).map(([job, settings]) => [job, reader(settings)]));
  const { networkPolicy } = app;
  return {
    ...reader(app),
    networkPolicy: networkPolicy?.egress
      ? { ...networkPolicy, egress: [egressToStore(store, storePort), ...(networkPolicy.egress as unknown[])] }
      : networkPolicy,
    jobs: jobs && { before: readers(jobs.before), after: readers(jobs.after) },
    cronJobs: cronJobs && readers(cronJobs),
  };
}

/** The stores, each with the apps that use it or wait for it as its clients. */
export function withClients(
  stores: Record<string, StoreSettings>,
  apps: Record<string, AppSettings>,
): Record<string, StoreSettings> {
  const clientsOf = (store: string) =>
    byName(apps).flatMap(([app, settings]) => (dependenciesOf(settings).includes(store) ? [clientPeer(app)] : []));
  return Object.fromEntries(
    Object.entries(stores).map(([name, { networkPolicy = { create: true }, ...store }]) => {
      const from = [...clientsOf(name), ...((networkPolicy.from ?? []) as unknown[])];
      return [name, { ...store, networkPolicy: { ...networkPolicy, from } }];
    }),
  );
}
