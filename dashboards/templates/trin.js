/* Sorting and filtering of the table of results. Without it the whole table is shown. Results are never ranked by effect. */
(function () {
  var table = document.querySelector("table[data-results]"), tools = document.querySelector("[data-tools]");
  if (!table || !tools) return;
  var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows), select = tools.querySelector("select");
  var shown = tools.querySelector("[role=status]"), words = shown.getAttribute("data-words");
  function filter() {
    var count = 0;
    rows.forEach(function (row) {
      row.hidden = Number(row.getAttribute("data-rung")) > Number(select.value);
      count += row.hidden ? 0 : 1;
    });
    shown.textContent = words.replace("{shown}", count).replace("{all}", rows.length);
  }
  Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head) {
    var key = head.getAttribute("data-key"), button = document.createElement("button");
    if (!key) return;
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.appendChild(button);
    button.addEventListener("click", function () {
      var up = head.getAttribute("aria-sort") !== "ascending", language = document.documentElement.lang;
      Array.prototype.forEach.call(table.tHead.rows[0].cells, function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      rows.sort(function (a, b) {
        var one = a.getAttribute("data-" + key), two = b.getAttribute("data-" + key);
        return (up ? 1 : -1) * one.localeCompare(two, language, { numeric: true });
      });
      rows.forEach(function (row) { body.appendChild(row); });
    });
  });
  select.addEventListener("change", filter);
  table.classList.add("sortable");
  tools.hidden = false;
  filter();
})();
