# Completion for every tool: each prints its own table of options with --complete, one line per
# option: letter, --name, argument, choices (a|b|c), kind (file or tensor), help.

# The tensors of the first file on the line, which is MODEL.
_sextant_tensors()
{
    local word
    for word in "${COMP_WORDS[@]:1}"; do
        [[ $word == -* || ! -f $word ]] || break
    done
    onnx-run --list -f text "$word" 2>/dev/null </dev/null | awk '{ print $NF }'
}

# The values of option $2 of tool $1, one a line; status 1: a file is one, or anything.
_sextant_values()
{
    local row
    row=$("$1" --complete 2>/dev/null |
        awk -F '\t' -v o="$2" '$2 == o || "-" $1 == o { print $4 "\t" $5; exit }')
    case $row in
    $'\ttensor') _sextant_tensors ;;
    $'\t'*) return 1 ;;
    *) tr '|' '\n' <<<"${row%%$'\t'*}" ;;
    esac
}

_sextant()
{
    local word=$2 option=$3 values
    COMPREPLY=()
    # After "--name=" readline hands over what follows the sign; $3 is then the sign or the name.
    local line=${COMP_LINE:0:COMP_POINT}
    line=${line##* }
    if [[ $line == --*=* ]]; then
        option=${line%%=*}
        word=${line#*=}
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$1" --complete 2>/dev/null |
            awk -F '\t' '{ print $2 ($3 != "" ? "=" : "") }')" -- "$word")
        [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
        return
    fi
    if [[ $option == -* ]] && values=$(_sextant_values "$1" "$option"); then
        mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
        return
    fi
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
}
# Installed once under the name of each tool, which is how it is found.
complete -F _sextant "${BASH_SOURCE[0]##*/}"
