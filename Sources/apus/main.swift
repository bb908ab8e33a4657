import ApusDriver
import Foundation

// A reader that goes away ends the command quietly.
signal(SIGPIPE, SIG_DFL)
exit(CommandLineTool.run(Array(CommandLine.arguments.dropFirst())))
