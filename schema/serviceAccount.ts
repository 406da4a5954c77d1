interface App {
  serviceAccount?: { name?: unknown; create?: boolean };
}

/** Whether an app has a ServiceAccount of its own, as opposed to one that exists. */
export const createsServiceAccount = ({ serviceAccount }: App): boolean => serviceAccount?.create ?? true;

/** The name of the ServiceAccount of an app's pods. */
export const serviceAccountName = <Name>(
  app: string,
  { serviceAccount }: { serviceAccount?: { name?: Name } },
): Name | string => serviceAccount?.name ?? app;
