// Command callflow runs telephone menus written in YAML.
//
//	callflow check examples/authzero          what is wrong with a flow, if anything
//	callflow simulate examples/authzero       play a call in the terminal
//	callflow serve examples/authzero          answer a platform's webhooks
//	callflow help                             everything else
//
// Every subcommand stands in a file of its own and is one line of the table in
// command.go. The program itself is a value, Command, so that all of it is tested
// without a process.
//
// Exit status: 0 when all went well, 1 when problems were found or a call did not
// come to its end, 2 when the command line or a file it names is wrong.
package main
