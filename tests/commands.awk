# commands.awk - prints the commands of the EXAMPLES of a man page, each on one line; of all sections with
# -v all=1. What a command prints is lines that neither begin with a blank nor with $; it comes behind a
# tab. A display that is unfilled and not literal is shown, and not run: what is in it needs programs
# or files that are not here.
function done() { if (command != "") print command; command = "" }
/^\.Sh/ { inside = all || $2 == "EXAMPLES" }
/^\.Bd/ { shown = $2 == "-unfilled" }
!inside || shown || /^\./ { done(); output = 0; next }
{ gsub(/\\\(aq/, "\047"); sub(/\\e$/, ""); gsub(/\\e/, "\\"); gsub(/\\&/, "") }
/^\$ / { done(); command = substr($0, 3); output = 0; next }
output || command != "" && /^[^ ]/ { done(); output = 1; print "\t" $0; next }
command != "" { sub(/^ +/, ""); command = command " " $0 }
