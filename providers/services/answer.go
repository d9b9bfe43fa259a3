package services

import "errors"

// errAddress is what an operator must see to, besides runner.ErrCredentials and
// runner.ErrRedirect.
var errAddress = errors.New("the address is not public; if that is meant, say private: true")
