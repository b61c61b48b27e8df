# commands.awk - prints the commands of the EXAMPLES of a man page, each on one line; of all sections with
# -v all=1. A display that is unfilled and not literal is shown, and not run: what is in it needs
# programs or files that are not here.
/^\.Sh/ { inside = all || $2 == "EXAMPLES" }
/^\.Bd/ { shown = $2 == "-unfilled" }
!inside || shown || /^\./ { if (command != "") print command; command = ""; next }
{ gsub(/\\\(aq/, "\047"); sub(/\\e$/, ""); gsub(/\\e/, "\\") }
/^\$ / { if (command != "") print command; command = substr($0, 3); next }
command != "" { sub(/^ +/, ""); command = command " " $0 }
