// Package candidates finds who might be calling: the users of an index that have a
// number. Where it finds none it may ask somebody who looks it up as it is now.
package candidates
