// Choosing folders of the server: the dialog asks the server for one folder at a time.

let target = null;

async function show(path) {
  const body = document.getElementById("folders-body");
  const response = await fetch(`/libraries/folders?path=${encodeURIComponent(path)}`, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  if (response.redirected) return location.reload();
  body.innerHTML = await response.text();
  body.scrollTop = 0;
  (body.querySelector("[data-folder]") ?? body.querySelector("input"))?.focus();
  return undefined;
}

function add(list, path) {
  const known = [...list.querySelectorAll('input[name="paths"]')].some((input) => input.value === path);
  if (known || !path) return;
  const row = document.getElementById("path-row").content.firstElementChild.cloneNode(true);
  row.querySelector("code").textContent = path;
  row.querySelector("input").value = path;
  list.append(row);
}

/** Listen for the dialog's openers, its folders, and the crosses beside chosen paths. */
export function prepareFolders() {
  const dialog = document.getElementById("folders");
  if (!dialog) return;
  let last = "/";
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-folders-open]");
    if (opener) {
      target = opener.closest("[data-paths]").querySelector("[data-path-list]");
      dialog.showModal();
      show(last);
    }
    const folder = event.target.closest("[data-folder]");
    if (folder) show(folder.dataset.folder);
    event.target.closest("[data-path-drop]")?.closest("li").remove();
    if (event.target.closest("[data-folders-take]")) {
      const field = dialog.querySelector("#folder-path");
      last = field?.dataset.folderHere || last;
      add(target, field?.value.trim());
      dialog.close();
    }
  });
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    show(event.target.elements.path.value.trim() || "/");
  });
}
