# Completion for every tool: each prints its own table of options with --complete, one line per
# option: letter, --name, argument, choices (a|b|c).
_sextant()
{
    local word=$2 option choices
    COMPREPLY=()
    if [[ $word == -* && $word != *=* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$1" --complete 2>/dev/null |
            awk -F '\t' '{ print $2 ($3 != "" ? "=" : "") }')" -- "$word")
        [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
        return
    fi
    # After "--name=" readline hands over what follows the sign; $3 is then the sign or the name.
    option=${COMP_LINE:0:COMP_POINT}
    option=${option##* }
    if [[ $option == --*=* ]]; then
        choices=$("$1" --complete 2>/dev/null | awk -F '\t' -v o="${option%%=*}" '$2 == o { print $4 }')
        [[ -z $choices ]] || {
            mapfile -t COMPREPLY < <(compgen -W "${choices//|/ }" -- "${option#*=}")
            return
        }
        word=${option#*=}
    fi
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
}
# Installed once under the name of each tool, which is how it is found.
complete -F _sextant "${BASH_SOURCE[0]##*/}"
