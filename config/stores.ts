import { passwordKey, storePort } from "../schema/store";
import type { AppSettings } from "../schema/app";
import type { SecretValue } from "./configObjects";

/*
 * What a shared store adds to a stack's settings: a Secret with its password, and the variables of the apps that use it.
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
  return {
    ...reader(app),
    jobs: jobs && { before: readers(jobs.before), after: readers(jobs.after) },
    cronJobs: cronJobs && readers(cronJobs),
  };
}
