# A server that takes little: legacy era, no tools. Its arguments are of no meaning.
while IFS= read -r line; do
  id="${line#*\"id\":}"
  id="${id%%[,\}]*}"
  case "$line" in
  *'"method":"initialize"'*)
    printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"small","version":"1"}}}\n' "$id"
    ;;
  *'"method":"ping"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{}}\n' "$id" ;;
  esac
done
