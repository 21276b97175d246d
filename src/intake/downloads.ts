/** Files that people download rather than read as a page; the tracker has the same list (tracker/tracker.js). */
export const DOWNLOAD_EXTENSIONS = [
  ...['pdf', 'doc', 'docx', 'odt', 'rtf', 'ppt', 'pptx', 'key', 'odp', 'xls', 'xlsx', 'ods', 'csv', 'epub'],
  ...['zip', 'gz', 'tgz', '7z', 'rar', 'exe', 'msi', 'dmg', 'pkg', 'deb', 'rpm', 'apk', 'mp3', 'mp4', 'mov'],
] as const;

const DOWNLOAD = new RegExp(`\\.(?:${DOWNLOAD_EXTENSIONS.join('|')})$`, 'i');

/** Whether a link leads to a file, by the extension in its path. */
export const isDownload = (url: string): boolean => DOWNLOAD.test(URL.parse(url)?.pathname ?? '');
