// Stands for what jassub imports and the pages go without: fonts from somebody else's host, since nothing is asked from elsewhere, and a polyfill
// for browsers that do not say which picture they show: those get the words alone.

export const queryRemoteFonts = async () => [];
