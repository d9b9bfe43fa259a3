package generic

import _ "embed"

// The schemas are embedded; nothing changes them.
var (
	//go:embed request.schema.json
	requestSchema string
	//go:embed reply.schema.json
	replySchema string
)

// RequestSchema is the JSON Schema (draft-07) of what a platform posts. Its
// definitions start, turn and notice are for the URLs of those names.
func RequestSchema() string { return requestSchema }

// ReplySchema is the JSON Schema (draft-07) of what it is answered.
func ReplySchema() string { return replySchema }
