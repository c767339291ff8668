// What the files of this folder are filled in with.

export type Settings = Readonly<Record<string, string | number | undefined>>;
