# Completion for every tool: each prints its own table of options with --complete, one line per
# option: letter, --name, argument, choices (a|b|c), kind (file or tensor), help.

# The tensors of the first file on the line, which is MODEL.
function __sextant_tensors
    for word in (commandline -opc)[2..-1]
        if test -f "$word"
            onnx-run --list -f text $word 2>/dev/null </dev/null | awk '{ print $NF }'
            return
        end
    end
end

set -l tool (basename (status filename) .fish)
$tool --complete 2>/dev/null | while read -l -d \t letter name argument choices kind what
    set -l words -l (string sub -s 3 -- $name) -d $what
    test $letter = - || set -a words -s $letter
    if test "$kind" = tensor
        set -a words -x -a '(__sextant_tensors)'
    else if test -n "$choices"
        set -a words -x -a (string replace -a '|' ' ' -- $choices)
    else if test -n "$argument"
        set -a words -r
    end
    complete -c $tool $words
end
