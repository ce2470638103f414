/** `*` every server, `github` one server, `github:search_*` tools of one server by pattern (`*` matches any run of characters). */
export const GRANT = /^(\*|[a-z0-9][a-z0-9-]{0,31}(:[A-Za-z0-9_.*/-]{1,128})?)$/;
