// Package httpapi sends messages with any API that takes an HTTP request for one,
// as described by a template: method, URL, headers, body, and what an answer means.
//
// Words in braces are replaced: {to}, {digits} (the number without its plus sign),
// {from}, {text}, {code}, {key}, {locale}. Each value is encoded for where it
// stands: a JSON string, a form field, a segment of a path, a query argument, XML
// text, a header without line breaks. A value never adds anything but itself.
package httpapi
