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
    upload:--failed-list | upload:--receipt | upload:--token-file) return ;;
    upload:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    upload:--allow-upload-host | upload:--exclude | upload:--exclude-if-present | upload:--files-from | upload:--filter-from | upload:--include | upload:--max-size | upload:--metadata | upload:--min-size | upload:--newer-than | upload:--parallel | upload:--parallel-parts | upload:--root-path | upload:--server | upload:--timeout | upload:--uploader | upload:--wait) compopt +o default 2>/dev/null; return ;;
    resume:--failed-list | resume:--receipt | resume:--token-file) return ;;
    resume:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    resume:--allow-upload-host | resume:--forget | resume:--parallel | resume:--parallel-parts | resume:--timeout | resume:--wait) compopt +o default 2>/dev/null; return ;;
    status:--token-file) return ;;
    status:--server) compopt +o default 2>/dev/null; return ;;
    verify:--report | verify:--token-file) return ;;
    verify:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    verify:--exclude | verify:--exclude-if-present | verify:--files-from | verify:--filter-from | verify:--include | verify:--max-age | verify:--max-size | verify:--min-size | verify:--newer-than | verify:--sample | verify:--server) compopt +o default 2>/dev/null; return ;;
    fetch:--token-file) return ;;
    fetch:--to) compopt +o default -o dirnames 2>/dev/null; return ;;
    fetch:--parallel | fetch:--server | fetch:--timeout) compopt +o default 2>/dev/null; return ;;
    cat:--token-file) return ;;
    cat:--server | cat:--timeout) compopt +o default 2>/dev/null; return ;;
    audit:--report) return ;;
    audit:--root | audit:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    audit:--max-age | audit:--parallel | audit:--sample) compopt +o default 2>/dev/null; return ;;
    list:--token-file) return ;;
    list:--server) compopt +o default 2>/dev/null; return ;;
    history:--token-file) return ;;
    history:--server) compopt +o default 2>/dev/null; return ;;
    abort:--token-file) return ;;
    abort:--server) compopt +o default 2>/dev/null; return ;;
    receipts:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    receipt:--state-dir) compopt +o default -o dirnames 2>/dev/null; return ;;
    serve:--root) compopt +o default -o dirnames 2>/dev/null; return ;;
    serve:--anonymous | serve:--cors-origin | serve:--expire-after | serve:--expire-grace | serve:--listen | serve:--on-finalize | serve:--public-url) compopt +o default 2>/dev/null; return ;;
    token:--root) compopt +o default -o dirnames 2>/dev/null; return ;;
    token:--expires | token:--owner | token:--scope) compopt +o default 2>/dev/null; return ;;
    backup-state:--root) compopt +o default -o dirnames 2>/dev/null; return ;;
    rebuild:--root) compopt +o default -o dirnames 2>/dev/null; return ;;
    quarantine:--root) compopt +o default -o dirnames 2>/dev/null; return ;;
  esac
  case $command:$word in
    :-*) words='-h --help --stacktrace --version' ;;
    :*) words='upload resume status verify fetch cat audit list history abort receipts receipt serve token backup-state rebuild quarantine completion help' ;;
    upload:-*) words='--again --allow-empty --allow-skipped --allow-upload-host --dry-run --exclude --exclude-caches --exclude-if-present --failed-list --files-from --filter-from --follow-all-symlinks --follow-symlinks -h --help --ignore-ctime --ignore-inode --include --insecure-http --json --max-size --metadata --min-size --newer-than --no-archiveignore -0 --null --one-file-system --parallel --parallel-parts -q --quiet --receipt --rehash --root-path --server --skip-junk --stacktrace --state-dir --timeout --token-file --uploader --wait' ;;
    upload:*) return ;;
    resume:-*) words='--allow-empty --allow-skipped --allow-upload-host --failed-list --forget -h --help --ignore-ctime --ignore-inode --insecure-http --json --parallel --parallel-parts -q --quiet --receipt --rehash --stacktrace --state-dir --timeout --token-file --wait' ;;
    status:-*) words='--files -h --help --insecure-http --json --server --stacktrace --token-file' ;;
    verify:-*) words='--again --deep --exclude --exclude-caches --exclude-if-present --files-from --filter-from --follow-all-symlinks --follow-symlinks -h --help --include --insecure-http --json --max-age --max-size --min-size --newer-than --no-archiveignore -0 --null --one-file-system --report --sample --server --skip-junk --stacktrace --state-dir --token-file' ;;
    verify:*) return ;;
    fetch:-*) words='--bag -h --help --insecure-http --json --overwrite --parallel -q --quiet --server --stacktrace --tar --timeout --to --token-file' ;;
    cat:-*) words='-h --help --insecure-http --server --stacktrace --timeout --token-file' ;;
    audit:-*) words='--again -h --help --json --max-age --parallel --report --root --sample --stacktrace --state-dir' ;;
    list:-*) words='-h --help --insecure-http --json --server --stacktrace --status --token-file' ;;
    history:-*) words='-h --help --insecure-http --json --server --stacktrace --token-file' ;;
    abort:-*) words='-h --help --insecure-http --server --stacktrace --token-file' ;;
    receipts:-*) words='-h --help --json --stacktrace --state-dir' ;;
    receipt:-*) words='-h --help --sha256sum --stacktrace --state-dir' ;;
    serve:-*) words='--anonymous --cors-origin --expire-after --expire-grace -h --help --insecure --listen --no-auth --on-finalize --public-url --root --stacktrace' ;;
    token:-*) words='--expires -h --help --json --owner --root --scope --stacktrace' ;;
    backup-state:-*) words='-h --help --root --stacktrace' ;;
    backup-state:*) return ;;
    rebuild:-*) words='-h --help --json --root --stacktrace' ;;
    quarantine:-*) words='-h --help --json --root --stacktrace' ;;
    completion:-*) words='-h --help --stacktrace' ;;
    completion:*) words='bash zsh fish' ;;
    help:-*) words='-h --help --stacktrace' ;;
    help:*) words='upload resume status verify fetch cat audit list history abort receipts receipt serve token backup-state rebuild quarantine completion help' ;;
  esac
  if [[ $word != -* ]]; then
    compopt +o default 2>/dev/null
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}

complete -o default -F _archive archive
