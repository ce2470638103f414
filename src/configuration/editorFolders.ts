import { basename, dirname } from 'node:path';

/**
 * What `${workspaceFolder}` and the like stand for in a file of VS Code, Cursor and others: the workspace is the folder of the
 * file, or the one in which a folder such as `.vscode` has it.
 */
export function editorFolders(folder: string, home: string): Readonly<Record<string, string>> {
  const name = basename(folder);
  const workspace = name.length > 1 && name.startsWith('.') ? dirname(folder) : folder;
  return {
    workspaceFolder: workspace,
    workspaceRoot: workspace,
    workspaceFolderBasename: basename(workspace),
    userHome: home,
    pathSeparator: '/',
  };
}

/** Puts those folders into a path. */
export function withFolders(path: string, folders: Readonly<Record<string, string>>): string {
  return path
    .replaceAll('${/}', '/')
    .replace(/\$\{(\w+)\}/g, (written, name: string) =>
      Object.hasOwn(folders, name) ? (folders[name] ?? '') : written,
    );
}
