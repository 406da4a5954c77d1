import { mayBeMissing } from "./container";
import { kubernetes, list, optional, required, settings } from "./settings";
import { quantity, size } from "./quantities";
import { annotations, labels } from "./metadata";
import {
  absolutePath,
  boolean,
  configKey,
  fileMode,
  label,
  objectName,
  oneOf,
  relativePath,
  storageClass,
  value,
} from "./values";

/** Why settings of snapshots are plain values. */
const byClaims = "claims are made by it";

const subPath = optional(relativePath(), "The one file or folder of the volume to mount.", {
  absent: "the whole volume",
});

const readOnly = optional(boolean(), "Whether the container is kept from writing to the volume.", { absent: "false" });

const mount = settings(
  "Mount",
  { description: "A path in the container of the app at which a volume, or a part of it, is mounted." },
  {
    mountPath: required(absolutePath(), "The path in the container."),
    subPath,
    subPathExpr: optional(
      relativePath(),
      "The same as `subPath`, with variables of the container, such as `$(POD_NAME)`.",
    ),
    readOnly,
    recursiveReadOnly: optional(
      oneOf("Disabled", "IfPossible", "Enabled"),
      "Whether what is mounted within the volume is read-only too. Requires `readOnly`.",
      { absent: "`Disabled`" },
    ),
    mountPropagation: optional(
      oneOf("None", "HostToContainer", "Bidirectional"),
      "Whether the container and the node see what the other one mounts within the volume.",
      { absent: "`None`" },
    ),
  },
);

/** How the container of the app mounts a claim or a volume. */
const mounting = (unmounted: string) => ({
  mountPath: optional(absolutePath(), "The path in the container at which the volume is mounted.", {
    absent: unmounted,
  }),
  subPath,
  readOnly,
  mounts: optional(
    list(mount),
    "Several such paths, or one with `subPathExpr`, in place of `mountPath`, `subPath` and `readOnly`.",
  ),
});

/** A volume of its own for every replica. */
export const claim = settings(
  "Claim",
  {
    title: "Claims",
    description:
      "A PersistentVolumeClaim for each replica. Claims outlive the app, and the stack. Only [`npm run claims -- --delete`](volumes.md#which-claims-there-are-and-how-they-go) deletes them, and [Kubernetes if the app says so](#retention-of-claims).",
    see: "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#volume-claim-templates",
    example: `claims:
  data: { size: 1Gi, mountPath: /app/data }
  shared:
    size: 10Gi
    storageClassName: fast
    annotations: { backup.example.org/schedule: daily }
    mounts:
      - { mountPath: /var/lib/app, subPath: lib }
      - { mountPath: /var/log/app, subPath: log }`,
  },
  {
    size: required(size(), "The size of each volume, such as `512Mi`. It can [grow](volumes.md)."),
    ...mounting("not mounted in the container of the app; another container must mount it"),
    storageClassName: optional(
      storageClass(),
      "The StorageClass of the volumes. An empty name turns dynamic provisioning off.",
      {
        absent: "the default class of the cluster",
      },
    ),
    accessModes: optional(
      list(oneOf("ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany")),
      "How nodes can mount the volumes.",
      { absent: "`[ReadWriteOnce]`" },
    ),
    selector: optional(
      kubernetes("meta.v1.LabelSelector"),
      "The labels of volumes that exist, one of which is used. Such a claim is not provisioned dynamically.",
    ),
    volumeName: optional(objectName(), "The PersistentVolume to use, which must exist. Only allowed with one replica."),
    dataSource: optional(
      kubernetes("core.v1.TypedLocalObjectReference"),
      "The VolumeSnapshot or the claim whose content the volumes start with.",
    ),
    dataSourceRef: optional(
      kubernetes("core.v1.TypedObjectReference"),
      "The same for any kind of object for which the cluster has a volume populator.",
    ),
    volumeAttributesClassName: optional(objectName(), "The VolumeAttributesClass of the volumes."),
    labels: labels(
      "Labels of the claims, for example for a backup tool. Those by which the stack recognizes its claims are not allowed.",
    ),
    annotations: annotations("Annotations of the claims."),
  },
);

/** What becomes of claims. Kubernetes' other value of `whenDeleted` would delete them with the StatefulSet. */
export const retentionPolicy = settings(
  "PersistentVolumeClaimRetentionPolicy",
  {
    title: "Retention of claims",
    description:
      "Whether Kubernetes deletes the claims of pods that are no longer there ([more](volumes.md#claims-that-go-with-their-pods)).",
    see: "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention",
    example: `replicas: 3
persistentVolumeClaimRetentionPolicy: { whenScaled: Delete }`,
  },
  {
    whenScaled: optional(
      oneOf("Retain", "Delete"),
      "What becomes of the claims of a pod that stops because there are fewer replicas, or because `ordinals.start` changes. `Delete` deletes them, and their data is lost. Whoever changes the number of replicas loses data then, also with kubectl.",
      { absent: "`Retain`" },
    ),
    whenDeleted: optional(
      value(
        "must be Retain: `pulumi destroy` and the replacement of a StatefulSet never lose data; `npm run claims -- --delete` deletes claims",
        { enum: ["Retain"] },
        (given) => (given === "Retain" ? given : undefined),
      ),
      "What becomes of the claims when the StatefulSet is deleted, which `pulumi destroy` does, and `pulumi up` if it replaces the StatefulSet. Only `Retain` is allowed.",
      { absent: "`Retain`", plain: "`Delete` would lose data" },
    ),
  },
);

const keyToPath = settings(
  "KeyToPath",
  { description: "A key that is mounted as a file." },
  {
    key: required(configKey(), "The key."),
    path: required(relativePath(), "The path of the file in the volume."),
    mode: optional(
      fileMode(),
      'The permissions of the file: a decimal number, or in a stack file octal text such as `"0400"`, which is 256.',
      {
        absent: "`defaultMode`",
      },
    ),
  },
);

const defaultMode = optional(
  fileMode(),
  'The permissions of the files: a decimal number, or in a stack file octal text such as `"0400"`, which is 256.',
  {
    absent: "420, which is 0644",
  },
);

const items = optional(list(keyToPath), "The keys to mount, each as a file.", {
  absent: "all keys, each under its own name",
});

const configMapVolume = settings(
  "ConfigMapVolume",
  { description: "The keys of a ConfigMap as files." },
  {
    name: required(
      objectName(),
      "The name of the ConfigMap. A stack file declares it under `configMaps` or `existingConfigMaps`.",
    ),
    items,
    defaultMode,
    optional: mayBeMissing,
  },
);

const secretVolume = settings(
  "SecretVolume",
  { description: "The keys of a Secret as files." },
  {
    secretName: required(
      objectName(),
      "The name of the Secret. A stack file declares it under `secrets` or `existingSecrets`.",
    ),
    items,
    defaultMode,
    optional: mayBeMissing,
  },
);

const emptyDir = settings(
  "EmptyDir",
  { description: "An empty folder that lives as long as the pod." },
  {
    sizeLimit: optional(quantity(), "The largest amount of data that the folder can hold."),
    medium: optional(oneOf("Memory"), "`Memory` keeps the folder in memory.", { absent: "the disk of the node" }),
  },
);

/** Where claims that are missing come from. */
export const restoreFrom = settings(
  "RestoreFrom",
  {
    title: "Restored volumes",
    description:
      "The snapshots from which the missing claims of an app or a store are made, before Kubernetes makes them empty ([Snapshots](snapshots.md)). Claims that exist stay as they are.",
    see: "https://kubernetes.io/docs/concepts/storage/volume-snapshots/",
    example: `claims: { data: { size: 1Gi, mountPath: /app/data } }
restoreFrom: { snapshot: 20261127-140501 }`,
  },
  {
    snapshot: required(label(), "The name of the set of snapshots that `npm run snapshot` took.", { plain: byClaims }),
    app: optional(label(), "The app or the store whose snapshots they are.", {
      absent: "the one that has the setting",
      plain: byClaims,
    }),
    namespace: optional(label(), "The namespace of the snapshots.", {
      absent: "that of the stack",
      plain: byClaims,
    }),
  },
);

/** A volume that is not claimed. */
export const volume = settings(
  "Volume",
  {
    title: "Volumes",
    description: "A volume that is not claimed for each replica. It must have exactly one source.",
    see: "https://kubernetes.io/docs/concepts/storage/volumes/",
    example: `volumes:
  settings: { mountPath: /etc/app, configMap: { name: settings } }
  level: { mountPath: /etc/level, subPath: level, readOnly: true, configMap: { name: settings } }
  scratch: { mountPath: /tmp, emptyDir: { sizeLimit: 64Mi } }`,
  },
  {
    ...mounting("not mounted in the container of the app; other containers can mount it"),
    configMap: optional(configMapVolume, "Source: the keys of a ConfigMap as files."),
    secret: optional(secretVolume, "Source: the keys of a Secret as files."),
    emptyDir: optional(emptyDir, "Source: an empty folder."),
    persistentVolumeClaim: optional(
      kubernetes("core.v1.PersistentVolumeClaimVolumeSource"),
      "Source: a claim that exists.",
    ),
    projected: optional(kubernetes("core.v1.ProjectedVolumeSource"), "Source: several sources in one folder."),
    ephemeral: optional(kubernetes("core.v1.EphemeralVolumeSource"), "Source: a claim that ends with the pod."),
    csi: optional(kubernetes("core.v1.CSIVolumeSource"), "Source: an inline volume of a CSI driver."),
    downwardAPI: optional(kubernetes("core.v1.DownwardAPIVolumeSource"), "Source: fields of the pod as files."),
    image: optional(kubernetes("core.v1.ImageVolumeSource"), "Source: the files of an image."),
    iscsi: optional(kubernetes("core.v1.ISCSIVolumeSource"), "Source: a disk of an iSCSI target."),
    fc: optional(kubernetes("core.v1.FCVolumeSource"), "Source: a disk of a Fibre Channel."),
    nfs: optional(kubernetes("core.v1.NFSVolumeSource"), "Source: a folder of an NFS server."),
    hostPath: optional(kubernetes("core.v1.HostPathVolumeSource"), "Source: a path of the node."),
  },
);
