// Package jambonz asks jambonz for calls: POST BASE/v1/Accounts/SID/Calls, authorized by
// an API key, answered by 201 and the call's sid. jambonz asks call_hook for a document
// when somebody has answered, tells call_status_hook how the call gets on, and posts what
// its detection of machines finds to the same address. It takes no key that would make
// one call of two requests. Sources: docs.jambonz.org, jambonz-feature-server.
package jambonz
