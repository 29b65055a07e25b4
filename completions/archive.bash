# bash completion for archive, as `archive completion bash` prints it.

_archive() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' words='' i
  COMPREPLY=()
  # bash splits --option=value into three words.
  if [[ $word == = ]]; then
    word=''
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} != -* ]]; then
      command=${COMP_WORDS[i]}
      break
    fi
  done

  # Where this returns with an empty COMPREPLY, readline itself completes names of files.
  case $command:$previous in
    upload:--ca-file | upload:--config | upload:--failed-list | upload:--log-file | upload:--metrics-file | upload:--premis | upload:--receipt | upload:--report | upload:--token-file) return ;;
    upload:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    upload:--allow-upload-host | upload:--exclude | upload:--exclude-if-present | upload:--files-from | upload:--filter-from | upload:--include | upload:--limit-rate | upload:--max-size | upload:--metadata | upload:--min-size | upload:--newer-than | upload:--on-failure | upload:--on-success | upload:--parallel | upload:--parallel-parts | upload:--profile | upload:--progress-interval | upload:--proxy | upload:--root-path | upload:--server | upload:--timeout | upload:--uploader | upload:--wait) compopt +o default 2>/dev/null; return ;;
    resume:--ca-file | resume:--config | resume:--failed-list | resume:--log-file | resume:--metrics-file | resume:--premis | resume:--receipt | resume:--report | resume:--token-file) return ;;
    resume:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    resume:--allow-upload-host | resume:--forget | resume:--limit-rate | resume:--on-failure | resume:--on-success | resume:--parallel | resume:--parallel-parts | resume:--profile | resume:--progress-interval | resume:--proxy | resume:--timeout | resume:--wait) compopt +o default 2>/dev/null; return ;;
    status:--ca-file | status:--config | status:--token-file) return ;;
    status:--profile | status:--proxy | status:--server | status:--wait) compopt +o default 2>/dev/null; return ;;
    verify:--ca-file | verify:--config | verify:--log-file | verify:--metrics-file | verify:--report | verify:--token-file) return ;;
    verify:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    verify:--exclude | verify:--exclude-if-present | verify:--files-from | verify:--filter-from | verify:--include | verify:--max-age | verify:--max-size | verify:--min-size | verify:--newer-than | verify:--profile | verify:--progress-interval | verify:--proxy | verify:--sample | verify:--server) compopt +o default 2>/dev/null; return ;;
    fetch:--ca-file | fetch:--config | fetch:--log-file | fetch:--metrics-file | fetch:--token-file) return ;;
    fetch:--to) compopt +o default -o dirnames 2>/dev/null; return ;;
    fetch:--parallel | fetch:--profile | fetch:--progress-interval | fetch:--proxy | fetch:--server | fetch:--timeout) compopt +o default 2>/dev/null; return ;;
    cat:--ca-file | cat:--config | cat:--token-file) return ;;
    cat:--profile | cat:--proxy | cat:--server | cat:--timeout) compopt +o default 2>/dev/null; return ;;
    audit:--config | audit:--log-file | audit:--metrics-file | audit:--report) return ;;
    audit:--root | audit:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    audit:--max-age | audit:--parallel | audit:--profile | audit:--progress-interval | audit:--sample) compopt +o default 2>/dev/null; return ;;
    list:--ca-file | list:--config | list:--token-file) return ;;
    list:--profile | list:--proxy | list:--server) compopt +o default 2>/dev/null; return ;;
    history:--ca-file | history:--config | history:--token-file) return ;;
    history:--profile | history:--proxy | history:--server) compopt +o default 2>/dev/null; return ;;
    abort:--ca-file | abort:--config | abort:--token-file) return ;;
    abort:--profile | abort:--proxy | abort:--server) compopt +o default 2>/dev/null; return ;;
    receipts:--config) return ;;
    receipts:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    receipts:--profile) compopt +o default 2>/dev/null; return ;;
    receipt:--config) return ;;
    receipt:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    receipt:--profile) compopt +o default 2>/dev/null; return ;;
    serve:--config | serve:--log-file | serve:--tls-cert | serve:--tls-key) return ;;
    serve:--root) compopt +o default -o dirnames 2>/dev/null; return ;;
    serve:--anonymous | serve:--cors-origin | serve:--expire-after | serve:--expire-grace | serve:--limit | serve:--listen | serve:--log-format | serve:--log-size | serve:--on-finalize | serve:--profile | serve:--public-url | serve:--trusted-proxy | serve:--url-life) compopt +o default 2>/dev/null; return ;;
    token:--config) return ;;
    token:--root) compopt +o default -o dirnames 2>/dev/null; return ;;
    token:--expires | token:--owner | token:--profile | token:--scope) compopt +o default 2>/dev/null; return ;;
    key:--config) return ;;
    key:--root) compopt +o default -o dirnames 2>/dev/null; return ;;
    key:--profile) compopt +o default 2>/dev/null; return ;;
    backup-state:--config) return ;;
    backup-state:--root) compopt +o default -o dirnames 2>/dev/null; return ;;
    backup-state:--profile) compopt +o default 2>/dev/null; return ;;
    rebuild:--config) return ;;
    rebuild:--root) compopt +o default -o dirnames 2>/dev/null; return ;;
    rebuild:--profile) compopt +o default 2>/dev/null; return ;;
    quarantine:--config) return ;;
    quarantine:--root) compopt +o default -o dirnames 2>/dev/null; return ;;
    quarantine:--profile) compopt +o default 2>/dev/null; return ;;
    runs:--config) return ;;
    runs:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    runs:--profile) compopt +o default 2>/dev/null; return ;;
    config:--config) return ;;
    config:--profile) compopt +o default 2>/dev/null; return ;;
    doctor:--ca-file | doctor:--config | doctor:--token-file) return ;;
    doctor:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    doctor:--profile | doctor:--proxy | doctor:--server) compopt +o default 2>/dev/null; return ;;
    schema:--config) return ;;
    schema:--profile) compopt +o default 2>/dev/null; return ;;
    completion:--config) return ;;
    completion:--profile) compopt +o default 2>/dev/null; return ;;
    help:--config) return ;;
    help:--man) compopt +o default -o dirnames 2>/dev/null; return ;;
    help:--profile) compopt +o default 2>/dev/null; return ;;
  esac
  case $command:$word in
    :-*) words='--config -h --help --profile --stacktrace --version' ;;
    :*) words='upload resume status verify fetch cat audit list history abort receipts receipt serve token key backup-state rebuild quarantine runs config doctor schema completion help' ;;
    upload:-*) words='--again --allow-empty --allow-skipped --allow-upload-host --ca-file --color --config --dry-run --exclude --exclude-caches --exclude-if-present --failed-list --files-from --filter-from --follow-all-symlinks --follow-symlinks -h --help --ignore-ctime --ignore-inode --include --insecure-http --json --limit-rate --log-file --max-size --metadata --metrics-file --min-size --newer-than --no-archiveignore --no-progress -0 --null --on-failure --on-success --one-file-system --parallel --parallel-parts --portable-names --premis --profile --progress-interval --proxy -q --quiet --receipt --rehash --report --root-path --server --skip-junk --stacktrace --state-dir --timeout --token-file --uploader --wait --xattrs' ;;
    upload:*) return ;;
    resume:-*) words='--allow-empty --allow-skipped --allow-upload-host --ca-file --color --config --failed-list --forget -h --help --ignore-ctime --ignore-inode --insecure-http --json --limit-rate --log-file --metrics-file --no-progress --on-failure --on-success --parallel --parallel-parts --portable-names --premis --profile --progress-interval --proxy -q --quiet --receipt --rehash --report --stacktrace --state-dir --timeout --token-file --wait' ;;
    status:-*) words='--ca-file --config --files -h --help --insecure-http --json --profile --proxy --server --stacktrace --token-file --wait' ;;
    verify:-*) words='--again --ca-file --color --config --deep --exclude --exclude-caches --exclude-if-present --files-from --filter-from --follow-all-symlinks --follow-symlinks -h --help --include --insecure-http --json --log-file --max-age --max-size --metrics-file --min-size --newer-than --no-archiveignore --no-attributes --no-progress -0 --null --one-file-system --profile --progress-interval --proxy --report --sample --server --skip-junk --stacktrace --state-dir --token-file --xattrs' ;;
    verify:*) return ;;
    fetch:-*) words='--bag --ca-file --color --config -h --help --insecure-http --json --log-file --metrics-file --no-attributes --no-progress --overwrite --parallel --profile --progress-interval --proxy -q --quiet --server --stacktrace --tar --timeout --to --token-file' ;;
    cat:-*) words='--ca-file --config -h --help --insecure-http --profile --proxy --server --stacktrace --timeout --token-file' ;;
    audit:-*) words='--again --color --config -h --help --json --log-file --max-age --metrics-file --no-progress --parallel --profile --progress-interval --report --root --sample --stacktrace --state-dir' ;;
    list:-*) words='--ca-file --config -h --help --insecure-http --json --profile --proxy --server --stacktrace --status --token-file' ;;
    history:-*) words='--ca-file --config -h --help --insecure-http --json --profile --proxy --server --stacktrace --token-file' ;;
    abort:-*) words='--ca-file --config -h --help --insecure-http --profile --proxy --server --stacktrace --token-file' ;;
    receipts:-*) words='--config -h --help --json --profile --stacktrace --state-dir' ;;
    receipt:-*) words='--config -h --help --profile --sha256sum --stacktrace --state-dir' ;;
    serve:-*) words='--anonymous --config --cors-origin --expire-after --expire-grace -h --help --insecure --limit --limits --listen --log-file --log-format --log-size --no-auth --on-finalize --profile --public-url --root --stacktrace --tls-cert --tls-key --trusted-proxy --url-life' ;;
    token:-*) words='--config --expires -h --help --json --owner --profile --root --scope --stacktrace' ;;
    key:-*) words='--config -h --help --profile --root --stacktrace' ;;
    backup-state:-*) words='--config -h --help --profile --root --stacktrace' ;;
    backup-state:*) return ;;
    rebuild:-*) words='--config -h --help --json --profile --root --stacktrace' ;;
    quarantine:-*) words='--config -h --help --json --profile --root --stacktrace' ;;
    runs:-*) words='--config -h --help --json --profile --stacktrace --state-dir' ;;
    runs:*) words='list forget' ;;
    config:-*) words='--config -h --help --json --profile --stacktrace' ;;
    config:*) words='show check' ;;
    doctor:-*) words='--ca-file --config -h --help --insecure-http --json --profile --proxy --server --stacktrace --state-dir --token-file' ;;
    schema:-*) words='--config -h --help --profile --stacktrace' ;;
    schema:*) words='events receipt' ;;
    completion:-*) words='--config -h --help --profile --stacktrace' ;;
    completion:*) words='bash zsh fish' ;;
    help:-*) words='--config -h --help --man --profile --stacktrace' ;;
    help:*) words='upload resume status verify fetch cat audit list history abort receipts receipt serve token key backup-state rebuild quarantine runs config doctor schema completion help' ;;
  esac
  if [[ $word != -* ]]; then
    compopt +o default 2>/dev/null
  fi
  # shellcheck disable=SC2207 # words of this file; an older bash has no mapfile
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}

complete -o default -F _archive archive
