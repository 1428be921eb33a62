package db

import "strings"

var likeEscapes = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// containing is the pattern for LIKE … ESCAPE '!' that finds text anywhere.
func containing(text string) string { return "%" + likeEscapes.Replace(text) + "%" }
