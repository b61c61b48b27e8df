#compdef TOOL
# Completion for every tool: each prints its own table of options with --complete, one line per
# option: letter, --name, argument, choices (a|b|c), kind (file or tensor), help.

# The tensors of the first file on the line, which is MODEL.
_sextant_tensors()
{
    local word
    for word in ${words[2,-1]}; do
        [[ $word == -* || ! -f $word ]] || break
    done
    local -a tensors
    tensors=(${(f)"$(onnx-run --list -f text $word 2>/dev/null </dev/null | awk '{ print $NF }')"})
    compadd -a tensors
}

_sextant()
{
    local -a specs field
    local line action
    for line in ${(f)"$(${words[1]} --complete 2>/dev/null)"}; do
        field=("${(@ps:\t:)line}")
        case $field[4]/$field[5] in
        */tensor) action=_sextant_tensors ;;
        /*) action=_files ;;
        *) action="(${field[4]//|/ })" ;;
        esac
        [[ -z $field[3] ]] || action="=:${field[3]//:/ }:$action"
        [[ -n $field[3] ]] || action=
        line=${${field[6]//\[/(}//\]/)}
        specs+=("*$field[2]${action:+=}[${line//:/ }]${action#=}")
        [[ $field[1] == - ]] || specs+=("*-$field[1]${action:++}[${line//:/ }]${action#=}")
    done
    _arguments -s $specs '*:file:_files'
}

_sextant "$@"
