/** npm's settings for this machine (where its registry and its cache are); not those of the package whose script runs this. */
export function npmSettings(): Record<string, string | undefined> {
  const settings = Object.entries(process.env).filter(([name]) =>
    /^(npm_config_(registry|cache|userconfig|globalconfig|cafile|strict_ssl|https?_proxy|proxy|noproxy)|(https?|no)_proxy)$/i.test(
      name,
    ),
  );
  return Object.fromEntries(settings);
}
