/*
 * What a shared store adds to a stack's settings: a Secret with its password, and how an app finds it.
 */

export const storePort = 6379;

/** The key of a store's password, in the Secret of the store's name. */
export const passwordKey = "password";

interface SecretKeys {
  [key: string]: { value?: string; generate?: number };
}

/** The Secrets, with a password for every store that the user has not set himself. */
export function withStorePasswords(secrets: Record<string, SecretKeys>, stores: string[]): Record<string, SecretKeys> {
  const passwords = stores.map((store) => [store, { [passwordKey]: { generate: 32 }, ...secrets[store] }]);
  return { ...secrets, ...(Object.fromEntries(passwords) as Record<string, SecretKeys>) };
}

/** An app's settings, with the variables by which it finds its store. What the user sets himself stands. */
export function withStore<App extends { store?: string; env?: object }>(name: string, app: App): App {
  const { store } = app;
  if (store === undefined) return app;
  const env = {
    REDIS_ADDRESS: { value: `${store}:${String(storePort)}` },
    REDIS_KEY: { value: `visits:${name}` },
    REDIS_PASSWORD: { valueFrom: { secretKeyRef: { name: store, key: passwordKey } } },
  };
  return { ...app, env: { ...env, ...app.env } };
}
