module stateful-apps/cluster/programs/pause

go 1.25.0

tool stateful-apps/cluster/programs/pause
