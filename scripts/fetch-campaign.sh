#!/usr/bin/env bash
# Fetches many files, one of them large, through faults of the network while the process is killed with -9; every file must
# come back exactly.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0" 2>/dev/null || echo "$0")")/.."

files=20001
kills=20
large=2147483648

usage() {
  echo "Usage: scripts/fetch-campaign.sh [--files N] [--kills N] [--large BYTES]"
  echo "(20001 files, 20 kills and a large file of 2147483648 bytes unless you say otherwise)"
}

while [ $# -gt 0 ]; do
  case $1 in
    --files | --kills | --large)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || { usage >&2; exit 2; }
      printf -v "${1#--}" %s "$2"
      shift 2
      ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

exec mvn -B -ntp test -Dtest='FetchFaultsTest#killedAgainAndAgainItEndsWithEveryFile' \
  -Darchive.files="$files" -Darchive.kills="$kills" -Darchive.large="$large" -Djunit.jupiter.execution.timeout.mode=disabled
