# fish completion for archive, as `archive completion fish` prints it.

function __archive_command_is --argument-names wanted
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        if not string match -q -- '-*' $word
            test "$word" = "$wanted"
            return
        end
    end
    test -z "$wanted"
end

complete -c archive -f
complete -c archive -n '__archive_command_is \'\'' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is \'\'' -l stacktrace -d 'On failure, print a stack trace'
complete -c archive -n '__archive_command_is \'\'' -l version -d 'Print the version'
complete -c archive -n '__archive_command_is \'\'' -a upload -d 'Archives directories and files as one batch, and prints a receipt once the server has been shown to hold every one of them'
complete -c archive -n '__archive_command_is \'\'' -a resume -d 'Resumes an interrupted upload, as the same upload command would'
complete -c archive -n '__archive_command_is \'\'' -a status -d 'Prints what the server holds of a batch'
complete -c archive -n '__archive_command_is \'\'' -a verify -d 'Compares local files with the list that the server recorded, by path, size and SHA-256; with --deep, has the server read every stored byte again'
complete -c archive -n '__archive_command_is \'\'' -a audit -d 'Reads every stored byte of an archive on this machine again, and names what is altered, missing or extra'
complete -c archive -n '__archive_command_is \'\'' -a list -d 'Lists the batches of a server, oldest first'
complete -c archive -n '__archive_command_is \'\'' -a history -d 'Prints every change of a batch, and proves that none is missing or was altered'
complete -c archive -n '__archive_command_is \'\'' -a abort -d 'Aborts a batch that is not finalized'
complete -c archive -n '__archive_command_is \'\'' -a receipts -d 'Lists the receipts of runs on this machine, oldest first'
complete -c archive -n '__archive_command_is \'\'' -a receipt -d 'Prints the receipt of a batch with every file, as JSON'
complete -c archive -n '__archive_command_is \'\'' -a serve -d 'Runs the ingest server'
complete -c archive -n '__archive_command_is \'\'' -a backup-state -d 'Copies the ledger of an archive on this machine as it is at one moment'
complete -c archive -n '__archive_command_is \'\'' -a rebuild -d 'Rebuilds the ledger of an archive on this machine if it is lost, damaged or older than the archive: reads every bag, adds those that prove complete, and moves bytes of unfinished batches to quarantine'
complete -c archive -n '__archive_command_is \'\'' -a quarantine -d 'Lists what an archive on this machine has set aside because its ledger does not know it, or removes entries for good'
complete -c archive -n '__archive_command_is \'\'' -a completion -d 'Prints a shell\'s completion script'
complete -c archive -n '__archive_command_is \'\'' -a help -d 'Prints the help of a command, as --help after it does'

complete -c archive -n '__archive_command_is upload' -l again -d 'Make a new batch, even if an earlier run archived all this'
complete -c archive -n '__archive_command_is upload' -l allow-empty -d 'Succeed if there are no files'
complete -c archive -n '__archive_command_is upload' -l allow-skipped -d 'Finalize without files that cannot be archived, naming them in the batch and the receipt; still exit 3'
complete -c archive -n '__archive_command_is upload' -l allow-upload-host -r -f -d 'Send bytes to this host wherever the server names it, also without TLS or to a private address; may be given more than once'
complete -c archive -n '__archive_command_is upload' -l dry-run -d 'Only plan: print what would be archived'
complete -c archive -n '__archive_command_is upload' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is upload' -l ignore-ctime -d 'Do not read a file again because its time of change (ctime) differs, on file systems that change it by themselves'
complete -c archive -n '__archive_command_is upload' -l ignore-inode -d 'Do not read a file again because its inode differs, on file systems that make up new ones; implies --ignore-ctime'
complete -c archive -n '__archive_command_is upload' -l json -d 'Print one JSON object per line; the last is the receipt'
complete -c archive -n '__archive_command_is upload' -l metadata -r -f -d 'Metadata of the batch; may be given more than once'
complete -c archive -n '__archive_command_is upload' -l parallel -r -f -d 'Files in flight at once'
complete -c archive -n '__archive_command_is upload' -l parallel-parts -r -f -d 'Parts of one large file in flight at once'
complete -c archive -n '__archive_command_is upload' -s q -l quiet -d 'Print problems only (and, with --json, the receipt)'
complete -c archive -n '__archive_command_is upload' -l receipt -r -F -d 'Also write the receipt, with every file\'s digest, to FILE'
complete -c archive -n '__archive_command_is upload' -l rehash -d 'Read every file again, even if it seems unchanged'
complete -c archive -n '__archive_command_is upload' -l root-path -r -f -d 'Where in the batch everything goes'
complete -c archive -n '__archive_command_is upload' -l server -r -f -d 'The ingest server (ARCHIVE_SERVER)'
complete -c archive -n '__archive_command_is upload' -l stacktrace -d 'On failure, print a stack trace'
complete -c archive -n '__archive_command_is upload' -l state-dir -r -f -a '(__fish_complete_directories (commandline -ct | string replace -r -- \'^--[^=]*=\' \'\'))' -d 'Where journals and receipts are kept (ARCHIVE_STATE_DIR)'
complete -c archive -n '__archive_command_is upload' -l timeout -r -f -d 'End after this time, with exit 5; the same command then goes on'
complete -c archive -n '__archive_command_is upload' -l uploader -r -f -d 'Who uploads'
complete -c archive -n '__archive_command_is upload' -l wait -r -f -d 'Wait for another run of the same sources (for example 10m), not exit 11'
complete -c archive -n '__archive_command_is upload' -F

complete -c archive -n '__archive_command_is resume' -l allow-empty -d 'Succeed if there are no files'
complete -c archive -n '__archive_command_is resume' -l allow-skipped -d 'Finalize without files that cannot be archived, naming them in the batch and the receipt; still exit 3'
complete -c archive -n '__archive_command_is resume' -l allow-upload-host -r -f -d 'Send bytes to this host wherever the server names it, also without TLS or to a private address; may be given more than once'
complete -c archive -n '__archive_command_is resume' -l forget -r -f -d 'Forget an unfinished run, by its batch or its id; nothing is sent'
complete -c archive -n '__archive_command_is resume' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is resume' -l ignore-ctime -d 'Do not read a file again because its time of change (ctime) differs, on file systems that change it by themselves'
complete -c archive -n '__archive_command_is resume' -l ignore-inode -d 'Do not read a file again because its inode differs, on file systems that make up new ones; implies --ignore-ctime'
complete -c archive -n '__archive_command_is resume' -l json -d 'Print one JSON object per line; the last is the receipt'
complete -c archive -n '__archive_command_is resume' -l parallel -r -f -d 'Files in flight at once'
complete -c archive -n '__archive_command_is resume' -l parallel-parts -r -f -d 'Parts of one large file in flight at once'
complete -c archive -n '__archive_command_is resume' -s q -l quiet -d 'Print problems only (and, with --json, the receipt)'
complete -c archive -n '__archive_command_is resume' -l receipt -r -F -d 'Also write the receipt, with every file\'s digest, to FILE'
complete -c archive -n '__archive_command_is resume' -l rehash -d 'Read every file again, even if it seems unchanged'
complete -c archive -n '__archive_command_is resume' -l stacktrace -d 'On failure, print a stack trace'
complete -c archive -n '__archive_command_is resume' -l state-dir -r -f -a '(__fish_complete_directories (commandline -ct | string replace -r -- \'^--[^=]*=\' \'\'))' -d 'Where journals and receipts are kept (ARCHIVE_STATE_DIR)'
complete -c archive -n '__archive_command_is resume' -l timeout -r -f -d 'End after this time, with exit 5; the same command then goes on'
complete -c archive -n '__archive_command_is resume' -l wait -r -f -d 'Wait for another run of the same sources (for example 10m), not exit 11'

complete -c archive -n '__archive_command_is status' -l files -d 'List its files too, the last changed last'
complete -c archive -n '__archive_command_is status' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is status' -l json -d 'Print JSON: the batch on one line, then each file on one'
complete -c archive -n '__archive_command_is status' -l server -r -f -d 'The ingest server (ARCHIVE_SERVER)'
complete -c archive -n '__archive_command_is status' -l stacktrace -d 'On failure, print a stack trace'

complete -c archive -n '__archive_command_is verify' -l again -d 'Start over, even if an interrupted audit could be resumed'
complete -c archive -n '__archive_command_is verify' -l deep -d 'Have the server read all it stores of the batch again, and name what is altered, missing or extra'
complete -c archive -n '__archive_command_is verify' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is verify' -l json -d 'Print one JSON object per line'
complete -c archive -n '__archive_command_is verify' -l max-age -r -f -d 'When an interrupted run is resumed, read again what was read longer ago than this'
complete -c archive -n '__archive_command_is verify' -l report -r -F -d 'Also write what was found to FILE, one JSON object per line'
complete -c archive -n '__archive_command_is verify' -l sample -r -f -d 'Read a random PERCENT of the files, a new sample each run; of the rest only check whether they are there and how long they are'
complete -c archive -n '__archive_command_is verify' -l server -r -f -d 'The ingest server (ARCHIVE_SERVER)'
complete -c archive -n '__archive_command_is verify' -l stacktrace -d 'On failure, print a stack trace'
complete -c archive -n '__archive_command_is verify' -l state-dir -r -f -a '(__fish_complete_directories (commandline -ct | string replace -r -- \'^--[^=]*=\' \'\'))' -d 'Where journals and receipts are kept (ARCHIVE_STATE_DIR)'
complete -c archive -n '__archive_command_is verify' -F

complete -c archive -n '__archive_command_is audit' -l again -d 'Start over, even if an interrupted audit could be resumed'
complete -c archive -n '__archive_command_is audit' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is audit' -l json -d 'Print one JSON object per line; the last is the result'
complete -c archive -n '__archive_command_is audit' -l max-age -r -f -d 'When an interrupted run is resumed, read again what was read longer ago than this'
complete -c archive -n '__archive_command_is audit' -l parallel -r -f -d 'Files read at once'
complete -c archive -n '__archive_command_is audit' -l report -r -F -d 'Also write what was found to FILE, one JSON object per line'
complete -c archive -n '__archive_command_is audit' -l root -r -f -a '(__fish_complete_directories (commandline -ct | string replace -r -- \'^--[^=]*=\' \'\'))' -d 'Root of the archive'
complete -c archive -n '__archive_command_is audit' -l sample -r -f -d 'Read a random PERCENT of the files, a new sample each run; of the rest only check whether they are there and how long they are'
complete -c archive -n '__archive_command_is audit' -l stacktrace -d 'On failure, print a stack trace'
complete -c archive -n '__archive_command_is audit' -l state-dir -r -f -a '(__fish_complete_directories (commandline -ct | string replace -r -- \'^--[^=]*=\' \'\'))' -d 'Where journals and receipts are kept (ARCHIVE_STATE_DIR)'

complete -c archive -n '__archive_command_is list' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is list' -l json -d 'Print one JSON object per line'
complete -c archive -n '__archive_command_is list' -l server -r -f -d 'The ingest server (ARCHIVE_SERVER)'
complete -c archive -n '__archive_command_is list' -l stacktrace -d 'On failure, print a stack trace'
complete -c archive -n '__archive_command_is list' -l status -r -f -a 'uploading discovery preprocessing enqueued processing completed failed expired aborted' -d 'Only batches in this state: uploading, discovery, preprocessing, enqueued, processing, completed, failed, expired, aborted'

complete -c archive -n '__archive_command_is history' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is history' -l json -d 'Print one JSON object per line'
complete -c archive -n '__archive_command_is history' -l server -r -f -d 'The ingest server (ARCHIVE_SERVER)'
complete -c archive -n '__archive_command_is history' -l stacktrace -d 'On failure, print a stack trace'

complete -c archive -n '__archive_command_is abort' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is abort' -l server -r -f -d 'The ingest server (ARCHIVE_SERVER)'
complete -c archive -n '__archive_command_is abort' -l stacktrace -d 'On failure, print a stack trace'

complete -c archive -n '__archive_command_is receipts' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is receipts' -l json -d 'Print one JSON object per line'
complete -c archive -n '__archive_command_is receipts' -l stacktrace -d 'On failure, print a stack trace'
complete -c archive -n '__archive_command_is receipts' -l state-dir -r -f -a '(__fish_complete_directories (commandline -ct | string replace -r -- \'^--[^=]*=\' \'\'))' -d 'Where journals and receipts are kept (ARCHIVE_STATE_DIR)'

complete -c archive -n '__archive_command_is receipt' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is receipt' -l sha256sum -d 'Print lines for `sha256sum -c`'
complete -c archive -n '__archive_command_is receipt' -l stacktrace -d 'On failure, print a stack trace'
complete -c archive -n '__archive_command_is receipt' -l state-dir -r -f -a '(__fish_complete_directories (commandline -ct | string replace -r -- \'^--[^=]*=\' \'\'))' -d 'Where journals and receipts are kept (ARCHIVE_STATE_DIR)'

complete -c archive -n '__archive_command_is serve' -l cors-origin -r -f -d 'Let pages of this origin, such as https://example.org, call the API from a browser'
complete -c archive -n '__archive_command_is serve' -l expire-after -r -f -d 'Remove a batch that is not finalized after it was not used for so long'
complete -c archive -n '__archive_command_is serve' -l expire-grace -r -f -d 'Remove no batch for this long after a start or a jump of the clock'
complete -c archive -n '__archive_command_is serve' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is serve' -l insecure -d 'Listen on an address that is not loopback, though nobody has to show a token'
complete -c archive -n '__archive_command_is serve' -l listen -r -f -d 'Where to listen; port 0 picks a free one'
complete -c archive -n '__archive_command_is serve' -l no-auth -d 'Disable authentication'
complete -c archive -n '__archive_command_is serve' -l on-finalize -r -f -d 'Notify of each finalized batch, in JSON: a URL of http or https gets a signed POST, anything else is run by /bin/sh -c with the JSON on its standard input'
complete -c archive -n '__archive_command_is serve' -l public-url -r -f -d 'What upload URLs begin with'
complete -c archive -n '__archive_command_is serve' -l root -r -f -a '(__fish_complete_directories (commandline -ct | string replace -r -- \'^--[^=]*=\' \'\'))' -d 'Root of the archive: state and bytes'
complete -c archive -n '__archive_command_is serve' -l stacktrace -d 'On failure, print a stack trace'

complete -c archive -n '__archive_command_is backup-state' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is backup-state' -l root -r -f -a '(__fish_complete_directories (commandline -ct | string replace -r -- \'^--[^=]*=\' \'\'))' -d 'Root of the archive'
complete -c archive -n '__archive_command_is backup-state' -l stacktrace -d 'On failure, print a stack trace'
complete -c archive -n '__archive_command_is backup-state' -F

complete -c archive -n '__archive_command_is rebuild' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is rebuild' -l json -d 'Print one JSON object per line'
complete -c archive -n '__archive_command_is rebuild' -l root -r -f -a '(__fish_complete_directories (commandline -ct | string replace -r -- \'^--[^=]*=\' \'\'))' -d 'Root of the archive'
complete -c archive -n '__archive_command_is rebuild' -l stacktrace -d 'On failure, print a stack trace'

complete -c archive -n '__archive_command_is quarantine' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is quarantine' -l json -d 'Print one JSON object per line'
complete -c archive -n '__archive_command_is quarantine' -l root -r -f -a '(__fish_complete_directories (commandline -ct | string replace -r -- \'^--[^=]*=\' \'\'))' -d 'Root of the archive'
complete -c archive -n '__archive_command_is quarantine' -l stacktrace -d 'On failure, print a stack trace'

complete -c archive -n '__archive_command_is completion' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is completion' -l stacktrace -d 'On failure, print a stack trace'
complete -c archive -n '__archive_command_is completion' -f -a 'bash zsh fish'

complete -c archive -n '__archive_command_is help' -s h -l help -d 'Print this help'
complete -c archive -n '__archive_command_is help' -l stacktrace -d 'On failure, print a stack trace'
complete -c archive -n '__archive_command_is help' -f -a 'upload resume status verify audit list history abort receipts receipt serve backup-state rebuild quarantine completion help'
