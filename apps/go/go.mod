module stateful-apps/apps/go

go 1.25.0
